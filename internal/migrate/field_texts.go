package migrate

import (
	"bytes"
	"encoding/json"
)

// FieldTexts are the fields of a stored entry as texts: a string as it is, anything
// else as JSON, numbers digit for digit. Errors never quote the content.
func FieldTexts(fields Secret) (map[string]string, error) {
	document, err := decodeExact(fields.raw)
	if err != nil {
		return nil, err
	}
	texts := make(map[string]string, len(document))
	for name, value := range document {
		text, isText := value.(string)
		if !isText {
			var encoded bytes.Buffer
			encoder := json.NewEncoder(&encoded)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(value); err != nil {
				return nil, syntaxProblem(err)
			}
			text = string(bytes.TrimRight(encoded.Bytes(), "\n"))
		}
		texts[name] = text
	}
	return texts, nil
}
