// Package web calls Slack's Web API: it posts and edits messages, opens views,
// answers response URLs, and looks up people, channels and user groups.
//
// Every method of Client blocks until Slack answered, the context ends or the
// time of one call is over. No error and no log line holds a token or a response
// URL.
package web
