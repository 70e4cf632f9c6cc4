"""Pages for everybody: an export in, a folder of plain files out. No script, no request to anybody else, two languages.

``model`` chooses what each page says, ``figures`` draws, ``words`` puts numbers and dates into a language, ``render`` fills the templates,
``folder`` writes whole files and takes away what is stale. ``cli`` is ``isonomia-dashboards site``.
"""
