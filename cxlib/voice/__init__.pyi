from .topics import load_taxonomy

__all__ = ["load_taxonomy"]
