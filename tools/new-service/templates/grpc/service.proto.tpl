syntax = "proto3";

package {{crate}}.v1;

service Greeter {
  // Greets by name.
  rpc Greet(GreetRequest) returns (GreetReply);
}

message GreetRequest {
  // Not empty.
  string name = 1;
}

message GreetReply {
  string text = 1;
}
