// Package socket holds an app's Socket Mode connections to Slack
// (docs.slack.dev/apis/events-api/using-socket-mode) and hands over what
// arrives on them.
//
// It promises:
//
//   - a connection that Slack asks to leave is left only after its replacement
//     has said hello, so a refresh loses nothing;
//   - Ack returns nil only after the frame was written on the connection the
//     envelope came from; everything else is an error, never silence;
//   - no loop is tight: trouble with the network backs off, a refused token or
//     a disabled Socket Mode is asked about once a minute;
//   - every wait has a limit, and leaving sends a close frame, so that no dead
//     connection stays behind at Slack;
//   - neither tokens nor the tickets in connection addresses are logged.
//
// Client.Run owns every goroutine and returns when all of them have ended. The
// package knows nothing of commands, views or messages: a payload is JSON that
// it does not look into.
package socket
