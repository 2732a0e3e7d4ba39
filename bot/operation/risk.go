package operation

import "strings"

// Risks returns sentences on what may go wrong with adding the server, as far
// as its listener and the server were read last. The API has no published list
// of a load balancer's states, and does not say which states of a server it
// refuses, so none of them is refused here.
func (o Operation) Risks() []string {
	var risks []string
	if on := o.Listener.HealthCheck; on != nil && !*on {
		risks = append(risks, "Health checks are off: the server gets traffic at once, even if it is not ready.")
	}
	switch status := strings.ToUpper(o.Server.Status); status {
	case "", "RUNNING":
	case "STOPPED", "STOPPING":
		risks = append(risks, "The server is stopped.")
	case "RECYCLE", "RECYCLING":
		risks = append(risks, "The server is in the recycle bin.")
	case "PENDING", "CREATING", "INSTALLING", "DEPLOYING", "REBUILDING":
		risks = append(risks, "The server is being installed.")
	default:
		risks = append(risks, "The server is not running (state: "+Clip(o.Server.Status, 40)+").")
	}
	switch strings.ToUpper(o.Listener.LoadBalancerStatus) {
	case "", "AVAILABLE", "RUNNING", "ACTIVE":
	default:
		risks = append(risks, "This load balancer is not running (state: "+Clip(o.Listener.LoadBalancerStatus, 40)+"). Servers can be added only while it is running.")
	}
	return risks
}
