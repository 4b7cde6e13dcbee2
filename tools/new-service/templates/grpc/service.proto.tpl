syntax = "proto3";

package {{crate}}.v1;

service Greeter {
  // Returns a greeting for a name.
  rpc Greet(GreetRequest) returns (GreetReply);
}

message GreetRequest {
  // Required.
  string name = 1;
}

message GreetReply {
  string text = 1;
}
