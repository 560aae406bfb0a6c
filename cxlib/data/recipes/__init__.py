"""Exports that companies really have, by name: each YAML file here says how one is recognised and read."""

from cxlib.data.recipes.recipe import Recipe, matching_recipe, read_recipe, recipe_names

__all__ = ["Recipe", "matching_recipe", "read_recipe", "recipe_names"]
