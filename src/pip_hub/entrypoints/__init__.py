"""Where the program starts: settings, composition root, command line and ASGI application."""
