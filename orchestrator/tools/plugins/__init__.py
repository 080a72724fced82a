"""Other people's tools: each file or package in a process of its own, loaded anew when it changes."""
