// Command net_http serves the response of hello at / with Go's net/http.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Content-Type", "text/plain; charset=utf-8")
		writer.Write([]byte("Hello World"))
	})
	fmt.Printf("{\"message\":\"listening\",\"address\":\"%[1]s\",\"operations\":\"%[1]s\"}\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
