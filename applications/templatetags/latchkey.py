"""All tags and filters of the panel's templates, by one name: `{% load latchkey %}`."""

from django import template

from applications.templatetags import fields, pictures, times, values

register = template.Library()
for part in (fields, pictures, times, values):
    register.tags.update(part.register.tags)
    register.filters.update(part.register.filters)
