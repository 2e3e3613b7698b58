"""What lies under every map: tiles, streets, depots and disposal sites."""
