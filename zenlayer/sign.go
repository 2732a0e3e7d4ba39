package zenlayer

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

const (
	signatureMethod = "ZC2-HMAC-SHA256"
	signedHeaders   = "content-type;host"
)

// sign returns the ZC2-HMAC-SHA256 signature of one POST request, 64 lower-case
// hex digits. The canonical path is "/" whatever the request path is.
// https://docs.console.zenlayer.com/api-reference/api-introduction/instruction/sign
func sign(secret, timestamp, contentType, host string, body []byte) string {
	payload := sha256.Sum256(body)
	canonical := make([]byte, 0, 256)
	canonical = append(canonical, "POST\n/\n\ncontent-type:"...)
	canonical = append(canonical, contentType...)
	canonical = append(canonical, "\nhost:"...)
	canonical = append(canonical, host...)
	canonical = append(canonical, "\n\n"+signedHeaders+"\n"...)
	canonical = hex.AppendEncode(canonical, payload[:])
	request := sha256.Sum256(canonical)

	text := make([]byte, 0, 128)
	text = append(text, signatureMethod+"\n"...)
	text = append(text, timestamp...)
	text = append(text, '\n')
	text = hex.AppendEncode(text, request[:])
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil))
}

// authorization is the value of the Authorization header for a key pair.
func authorization(accessKeyID, signature string) string {
	return signatureMethod + " Credential=" + accessKeyID +
		", SignedHeaders=" + signedHeaders + ", Signature=" + signature
}
