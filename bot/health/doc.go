// Package health holds what the bot says about itself: whether it can take requests and,
// if not, why, since when and what to do. /healthz and /readyz show it, and the metric
// lbbot_not_ready counts it.
package health
