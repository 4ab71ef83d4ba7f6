"""The bank's pages: rendered by the server, calling what the JSON routes call, working without JavaScript."""
