"""Who is it: login, logout, roles, cookies."""
