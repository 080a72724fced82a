"""The endpoints of other vendors, so that their clients work against us unchanged. A file a wire."""
