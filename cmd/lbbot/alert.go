package main

import (
	"encoding/json"
	"fmt"
)

// incident is #inc-2041 of the sample workspace, where the alert is.
const incident = "C0INC2041"

// alert is what Alertmanager posts about the sandbox's account. It names one listener
// and one server that is not on it.
const alert = `{
	"attachments": [{
		"color": "danger",
		"fallback": "[FIRING:1] TooFewBackends (api-lb/https-443 critical)",
		"title": "[FIRING:1] TooFewBackends (api-lb/https-443 critical)",
		"title_link": "https://alertmanager.example/#/alerts",
		"text": "*Summary:* api-lb/https-443 is short of servers.\n*Server:* web-12, checked and running.",
		"fields": [
			{"title": "listener_id", "value": "lst-8f2c", "short": true},
			{"title": "instance", "value": "10.0.3.22:443", "short": true},
			{"title": "severity", "value": "critical", "short": true}
		],
		"footer": "Alertmanager"
	}]
}`

// postAlert posts the alert into the incident's channel.
func (g *playground) postAlert() error {
	if _, err := g.slack.PostAs("U0ALERTS", incident, "", json.RawMessage(alert)); err != nil {
		return fmt.Errorf("posting the sandbox's alert: %w", err)
	}
	return nil
}
