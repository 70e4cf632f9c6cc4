"""What people see: boards for operators, pages for everybody, both drawn from the analysis's findings.

Nothing draws yet. The command says so, in French and English; the boards come with a later release.
"""
