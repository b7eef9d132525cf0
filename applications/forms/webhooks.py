"""What the small forms of the Webhooks tab send."""

from django import forms

from applications.rules.webhook_events import EVENTS

ON_OFF = [("on", "on"), ("off", "off")]


class OnOffForm(forms.Form):
    """What a switch is to become."""

    to = forms.ChoiceField(choices=ON_OFF)

    @property
    def is_on(self) -> bool:
        """What a valid form says."""
        return bool(self.cleaned_data["to"] == "on")


class RollSecretForm(forms.Form):
    """`current` is the key of the secret that the page showed, 0 for none: a double click makes one secret."""

    current = forms.IntegerField(min_value=0, max_value=2**63 - 1)


class TestEventForm(forms.Form):
    """Which event to send a sample of; `forged`: with a wrong signature."""

    event = forms.ChoiceField(choices=[(event, event) for event in EVENTS])
    forged = forms.BooleanField(required=False)
