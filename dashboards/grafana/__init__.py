"""Grafana's boards and alerts, as code: one template, two languages, two surfaces.

``queries`` holds each query once, by name; ``thresholds`` every number that colours or alerts, with its reason; ``boards`` what
stands where; ``panels`` how it looks; ``alerts`` the rules; ``build`` renders it all to JSON, which is committed; ``push``
sends it to a running Grafana, ``provisioning`` lays it out as the files that Grafana reads at its start.
"""
