"""What the technician sees of a service: logs, metrics, whether it lives and whether its servers answer."""
