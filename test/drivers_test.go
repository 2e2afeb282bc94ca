package clients_test

import "strconv"

// drivers are the clients, all against one gateway.
var drivers = []driver{
	{name: "go openai-go", run: each(openaiGo)},
	{name: "python openai", run: child("CLIENTS_PYTHON", "python/client.py")},
	{name: "node openai", run: child("CLIENTS_NODE", "node/client.mjs")},
	{name: "go go-openai", run: each(goOpenAI), keeps: textAlone, only: asksOnce},
	{name: "node ai", run: child("CLIENTS_NODE", "node/others.mjs", "ai"), keeps: contentAlone, only: plainText},
	{name: "node langchain", run: child("CLIENTS_NODE", "node/others.mjs", "langchain"), keeps: contentAlone, only: plainText},
	{name: "go langchaingo", run: each(langchainGo), keeps: contentAlone, only: plainText},
}

func contentAlone(s seen) seen {
	s = textAlone(s)
	s.Usage = nil
	if s.Error != nil {
		s.Error = &fault{Code: strconv.Itoa(s.Error.Status)}
	}
	return s
}
