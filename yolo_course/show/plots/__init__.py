"""The figures of the course, one module a subject: each function returns a matplotlib ``Figure``."""
