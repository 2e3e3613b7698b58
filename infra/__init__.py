"""What the services run on: migrations, the stack of servers, the demo."""
