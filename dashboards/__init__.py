"""What people see: boards for operators, pages for everybody, both drawn from the analysis's findings.

``grafana`` draws boards and alerts, ``site`` the public pages; ``cli`` is what an operator types.
"""
