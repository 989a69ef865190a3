"""`corsense mcp`: the commands as tools for coding assistants, over the Model Context Protocol."""
