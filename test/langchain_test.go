package clients_test

import (
	"context"
	"strings"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/openai"
)

// langchainGo asks through LangChain's Go port, whose own API takes a model and a text.
// It drops what it does not know and an error inside a stream.
func langchainGo(g *gateway, s scenario, form string) (out seen) {
	llm, err := openai.New(openai.WithBaseURL(g.url+"/v1"), openai.WithToken(g.keys[s.Key]), openai.WithModel(s.model()))
	if err != nil {
		return seen{Status: err.Error()}
	}
	streamed := ""
	var options []llms.CallOption
	if form == "streamed" {
		options = append(options, llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error {
			streamed += string(chunk)
			return nil
		}))
	}
	answer, err := llm.GenerateContent(context.Background(), []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, s.text())}, options...)
	if err != nil {
		return seen{Error: &fault{Code: codeIn(err.Error())}}
	}
	for _, c := range answer.Choices {
		out.Content = append(out.Content, c.Content)
		out.Finish = append(out.Finish, c.StopReason)
	}
	if form == "streamed" {
		out.Content = []string{streamed}
	}
	return out
}

// codeIn is the status in the words of an error: all that this client tells of it.
func codeIn(message string) string {
	for _, status := range []string{"400", "401", "404", "502"} {
		if strings.Contains(message, "status code: "+status) {
			return status
		}
	}
	return message
}

// plainText are the scenarios of one text and no parameters.
func plainText(s scenario) bool {
	switch s.Name {
	case "served", "no words demanded", "words in English", "the app shows the words", "withheld in the answer", "withheld in the question", "no key", "a slow model":
		return true
	}
	return false
}
