"""The face for residents' calendars: on which days a district's waste is collected. No login, no cookie."""
