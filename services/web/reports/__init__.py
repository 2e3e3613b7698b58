"""What residents report, and what they are told: by the label on the container, by Open311, by SMS."""
