package private

import (
	"fmt"
	"strconv"
	"strings"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/zenlayer"
)

// Copy is the request as a command to copy.
func Copy(op operation.Operation) render.Message {
	if render.Clean(op.Command) == "" {
		return NotSent(fmt.Sprintf("I have no command for %s.", op.Ref))
	}
	return render.Ephemeral(fmt.Sprintf("%s as a command: %s", op.Ref, render.Prose(op.Command, render.SaidLimit)),
		render.Section(fmt.Sprintf("%s as a command. It opens a new preview; nothing is sent without it:", op.Ref),
			render.CodeBlock(op.Command)))
}

// Why names the rules that permit the request.
func Why(op operation.Operation) render.Message {
	if len(op.Policies) == 0 {
		text := fmt.Sprintf("No rule is recorded for %s.", op.Ref)
		return render.Ephemeral(text, render.Section(text))
	}
	if a := op.Approval; a != nil && !a.Skipped {
		return render.Ephemeral(fmt.Sprintf("Allowed by rule %s for %s, after approval by %s.",
			render.Prose(strings.Join(op.Policies, ", "), render.SaidLimit), op.Ref, render.CountPeople(a.Needed)),
			render.Section(fmt.Sprintf(
				"*Why you are allowed:* rule %s permits it for %s here, after approval by %s other than you. The "+
					"policy is checked again at each click and right before the call.", render.Names(op.Policies),
				op.Ref,
				render.CountPeople(a.Needed))))
	}
	return render.Ephemeral(fmt.Sprintf("Allowed by rule %s for %s.",
		render.Prose(strings.Join(op.Policies, ", "), render.SaidLimit), op.Ref),
		render.Section(fmt.Sprintf(
			"*Why you are allowed:* rule %s permits it for %s here. The policy is checked again at your click and "+
				"right before the call.", render.Names(op.Policies), op.Ref)))
}

// Zeno is the same call for the shell. That of an addition has the token of this
// request, so that a person who runs it does not add the server twice.
func Zeno(op operation.Operation) render.Message {
	if op.Change == operation.ChangeRemove {
		command := "zeno bmc deregister-backend --backend-id " + shellWord(render.EntryID(op))
		return render.Ephemeral(fmt.Sprintf("%s for the shell: %s", op.Ref, render.Prose(command, render.CommandLimit)),
			render.Section(fmt.Sprintf("The same call for the shell (%s):", op.Ref), "```"+render.Escape(command)+"```",
				"Look in the console first: the call removes this backend whatever has become of it. It has no token."))
	}
	command := ZenoCommand(op.Request)
	return render.Ephemeral(fmt.Sprintf("%s for the shell, with its token: %s", op.Ref,
		render.Prose(command, render.CommandLimit)),
		render.Section(
			fmt.Sprintf(
				"The same call for the shell, *with the token of this request* (%s), so that it does not add the "+
					"server twice:", op.Ref), "```"+render.Escape(command)+"```",
			"Look in the console first. Use the call soon: the API's documentation does not say how long it "+
				"remembers a token."))
}

// ZenoCommand writes the call for Zenlayer's command line client. Values are
// quoted for the shell unless they are plain words.
func ZenoCommand(r zenlayer.RegisterBackendRequest) string {
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
	s = render.Clamp(render.Clean(strings.ReplaceAll(s, "`", "'")), render.CodeLimit)
	for _, c := range []byte(s) {
		if !render.IsAlnum(c) && c != '-' && c != '_' && c != '.' {
			return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
	}
	if s == "" {
		return "''"
	}
	return s
}

// Details is what a card leaves out, and what support asks for, to copy. It
// holds no secret and not the client token.
func Details(op operation.Operation) render.Message {
	support := strings.Join(supportLines(op), "\n")
	finished, command := "", ""
	if !op.FinishedAt.IsZero() {
		finished = render.Clock(op.FinishedAt)
	}
	if render.Clean(op.Command) != "" {
		command = "*The same request as a command:*\n" + render.CodeBlock(op.Command)
	}
	return render.Ephemeral(fmt.Sprintf("Details of %s: %s", op.Ref,
		render.Prose(strings.ReplaceAll(support, "\n", "; "), render.CommandLimit)),
		render.Section(fmt.Sprintf("*Details of %s*", op.Ref)),
		render.Facts(op, [2]string{"Approved by", card.ApprovedBy(op)},
			[2]string{"Reason", render.Prose(op.Purpose, render.ReasonLimit)}, [2]string{"Finished at", finished},
			[2]string{"Took", card.Took(op)}, [2]string{"Takes back", takenBack(op)}),
		render.Section("*For support:*", "```"+render.Escape(support)+"```"), render.Section(command))
}

// takenBack is the addition that a removal takes back, or nothing.
func takenBack(op operation.Operation) string {
	if op.Addition == nil {
		return ""
	}
	return render.Name(op.Addition.Ref)
}

// supportLines name values as the API does.
func supportLines(op operation.Operation) []string {
	f := op.Fault
	pairs := [][2]string{
		{"id", op.Ref + " " + op.ID}, {"state", string(op.State) + " " + string(op.Reason)},
		{"listenerId", op.Request.ListenerID}, {"instanceId", op.Request.InstanceID},
		{"backendName", op.Request.BackendName},
		{"change", string(op.Change)}, {"backendId", render.FirstOf(op.BackendID, render.EntryID(op))}, {"requestId",
			render.FirstOf(op.RequestID, f.RequestID)},
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
		if v := render.Clamp(render.Clean(p[1]), detailLimit); v != "" {
			lines = append(lines, p[0]+": "+strings.ReplaceAll(v, "`", "'"))
		}
	}
	return lines
}

const detailLimit = 200

func attemptDetails(a operation.Attempt) string {
	s := "sent " + a.SentAt.UTC().Format("2006-01-02T15:04:05.000Z")
	if !a.AnsweredAt.IsZero() {
		at := a.AnsweredAt.UTC().Format("15:04:05.000Z")
		if a.Outcome == operation.OutcomeUnknown && a.Fault.Status == 0 {
			return s + ", no answer until " + at
		}
		s += ", answered " + at
	}
	return strings.Join(render.NonEmpty([]string{s, a.Outcome, a.Fault.Code, a.Fault.RequestID}), ", ")
}
