"""What whoever runs the service wants to see: how busy it is, what it holds, what went wrong."""
