"""Tools of other people's servers, over the Model Context Protocol: what they say is kept at arm's length."""
