/* Prints its greeting, its argument and its configuration file. */

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  char line[64];
  FILE *file = fopen("/etc/greet.conf", "r");
  if (file == NULL || fgets(line, sizeof line, file) == NULL) {
    perror("/etc/greet.conf");
    return 2;
  }
  printf("%s %s, %s", getenv("GREETING"), argc > 1 ? argv[1] : "nobody", line);
  return 0;
}
