"""What a line of shell would do: read into segments, each judged by the program it starts."""
