"""The export: what leaves the analysis for pages. Two surfaces (evidence.md): public, and inside for operator and reviewers.

``form`` is the file's format, ``rule`` what may leave, ``pictures`` the series behind figures, ``make`` puts them together.
Whoever draws pages reads the file alone: what is not in it cannot be shown.
"""
