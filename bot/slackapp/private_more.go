package slackapp

import (
	"fmt"
	"strconv"
	"strings"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// copyMessage is the request as a command to copy.
func copyMessage(op operation.Operation) message {
	if clean(op.Command) == "" {
		return notSent(fmt.Sprintf("I have no command for %s.", op.Ref))
	}
	return private(fmt.Sprintf("%s as a command: %s", op.Ref, prose(op.Command, saidLimit)),
		section(fmt.Sprintf("%s as a command. It opens a new preview; nothing is sent without it:", op.Ref),
			codeBlock(op.Command)))
}

// whyMessage names the rules that permit the request.
func whyMessage(op operation.Operation) message {
	if len(op.Policies) == 0 {
		text := fmt.Sprintf("No rule is noted for %s.", op.Ref)
		return private(text, section(text))
	}
	if a := op.Approval; a != nil && !a.Skipped {
		return private(fmt.Sprintf("Allowed by rule %s for %s, once agreed to by %s.",
			prose(strings.Join(op.Policies, ", "), saidLimit), op.Ref, others(a.Needed)),
			section(fmt.Sprintf(
				"*Why you are allowed:* rule %s permits it for %s here, once agreed to by %s other than you. It is "+
					"asked again at each click and right before the call.", names(op.Policies), op.Ref,
				others(a.Needed))))
	}
	return private(fmt.Sprintf("Allowed by rule %s for %s.", prose(strings.Join(op.Policies, ", "), saidLimit), op.Ref),
		section(fmt.Sprintf(
			"*Why you are allowed:* rule %s permits it for %s here. It is asked again at your click and right before "+
				"the call.", names(op.Policies), op.Ref)))
}

// zenoMessage is the same call for the shell, with the token of this request,
// so that a person who runs it does not add the server twice.
func zenoMessage(op operation.Operation) message {
	command := zenoCommand(op.Request)
	return private(fmt.Sprintf("%s for the shell, with its token: %s", op.Ref, prose(command, commandLimit)),
		section(
			fmt.Sprintf(
				"The same call for the shell, *with the token of this request* (%s), so that it does not add the "+
					"server twice:", op.Ref), "```"+escape(command)+"```",
			"It is for now only: how long the API remembers a token is not documented. Look in the console first."))
}

// zenoCommand writes the call for Zenlayer's command line client. Values are
// quoted for the shell unless they are plain words.
func zenoCommand(r zenlayer.RegisterBackendRequest) string {
	t := r.InstanceType
	if t == "" {
		t = zenlayer.InstanceBM
	}
	parts := []string{"zeno bmc register-backend", "--listener-id", shellWord(r.ListenerID), "--backend-name",
		shellWord(r.BackendName),
		"--instance-id", shellWord(r.InstanceID), "--instance-type", shellWord(string(t))}
	for _, p := range r.PortList {
		parts = append(parts, "--port-list", strconv.Itoa(p))
	}
	if r.Weight != 0 {
		parts = append(parts, "--weight", strconv.Itoa(r.Weight))
	}
	return strings.Join(append(parts, "--client-token", shellWord(r.ClientToken)), " ")
}

// shellWord quotes s for a POSIX shell.
func shellWord(s string) string {
	s = clamp(clean(strings.ReplaceAll(s, "`", "'")), codeLimit)
	for _, c := range []byte(s) {
		if !isAlnum(c) && c != '-' && c != '_' && c != '.' {
			return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
	}
	if s == "" {
		return "''"
	}
	return s
}

// detailsMessage is everything support asks for, to copy. It holds no secret
// and not the token.
func detailsMessage(op operation.Operation) message {
	f := op.Fault
	pairs := [][2]string{
		{"id", op.Ref + " " + op.ID}, {"state", string(op.State) + " " + string(op.Reason)},
		{"listenerId", op.Request.ListenerID}, {"instanceId", op.Request.InstanceID},
		{"backendName", op.Request.BackendName},
		{"backendId", op.BackendID}, {"requestId", firstOf(op.RequestID, f.RequestID)},
		{"code", f.Code}, {"message", f.Message}, {"evidence", string(op.Evidence)},
	}
	if f.Status > 0 {
		pairs = append(pairs, [2]string{"http", strconv.Itoa(f.Status)})
	}
	for _, a := range op.Attempts {
		pairs = append(pairs, [2]string{"attempt " + strconv.Itoa(a.Number), attemptDetails(a)})
	}
	var lines []string
	for _, p := range pairs {
		if v := clamp(clean(p[1]), detailLimit); v != "" {
			lines = append(lines, p[0]+": "+strings.ReplaceAll(v, "`", "'"))
		}
	}
	text := fmt.Sprintf("Details of %s: %s", op.Ref, prose(strings.Join(lines, "; "), commandLimit))
	return private(text, section(fmt.Sprintf("*Details of %s for support*", op.Ref),
		"```"+escape(strings.Join(lines, "\n"))+"```"))
}

const detailLimit = 200

func attemptDetails(a operation.Attempt) string {
	s := "sent " + a.SentAt.UTC().Format("2006-01-02T15:04:05.000Z")
	if !a.AnsweredAt.IsZero() {
		s += ", answered " + a.AnsweredAt.UTC().Format("15:04:05.000Z")
	}
	return strings.Join(nonEmpty([]string{s, a.Outcome, a.Fault.Code, a.Fault.RequestID}), ", ")
}
