"""What a company's own files seem to be: a first `sources.yaml`, with what every guess rests on."""
