// Package slackapp is the bot's edge towards Slack: it turns envelopes into
// questions for package intake, and answers and operations into acks, views and
// messages.
//
// It promises exactly one ack for every envelope on every path, a panic
// included; that an ack which says "accepted" is written only after Intake
// returned an accepted operation; one card for an operation, edited in place;
// and that nothing a person typed reaches Slack as markup.
//
// App owns the work on envelopes until its Close, which returns when its
// goroutines have ended. Package board owns the delivery of cards, package socket
// the connections. Only slackapp, web and render import slack-go.
//
// It must not know SQL, the Zenlayer client, or whether someone is allowed.
package slackapp
