/* The client's half of RFC 6455, as far as it is needed: no extensions, no fragments, never blocking. */
#ifndef WS_H
#define WS_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

enum ws_state { WS_CONNECTING, WS_UPGRADING, WS_OPEN, WS_CLOSED };
enum ws_opcode { WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

struct ws {
  int fd;
  enum ws_state state;
  struct buffer in, out;
  uint64_t bytes_in;
  uint16_t close_code; /* what the server said on closing, 0 if it said nothing */
};

typedef void (*ws_message)(void *owner, const uint8_t *payload, size_t size);

/* Start connecting to a port of this machine. The kernel holds `receive_buffer` bytes of what is not read yet, or with 0 as
 * many as it likes. */
void ws_connect(struct ws *ws, uint16_t port, int receive_buffer);

/* Ask for the upgrade, once the socket is connected; `subprotocol` may be NULL. */
void ws_upgrade(struct ws *ws, uint16_t port, const char *path, const char *subprotocol);

/* Read what is there. False if the socket is closed. */
bool ws_receive(struct ws *ws);

/* Take the answer to the upgrade. True once the socket is open. */
bool ws_upgraded(struct ws *ws);

/* Hand on the messages that are complete; pings are answered here. */
void ws_messages(struct ws *ws, ws_message deliver, void *owner);

/* Append a masked frame to what is to be written. */
void ws_frame(struct ws *ws, enum ws_opcode opcode, const void *payload, size_t size);

/* Write what is to be written. True if all of it went out, or the socket is closed. */
bool ws_flush(struct ws *ws);

void ws_shut(struct ws *ws);

#endif
