"""See every month, from evidence, whether the managed services provider delivers."""
