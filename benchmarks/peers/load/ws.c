#include "ws.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_AT_ONCE = 256 * 1024 };

void ws_connect(struct ws *ws, uint16_t port, int receive_buffer) {
  int one = 1;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ws->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (ws->fd < 0) {
    perror("load: socket");
    exit(1);
  }
  setsockopt(ws->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (receive_buffer > 0) setsockopt(ws->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  ws->state = WS_CONNECTING;
  if (connect(ws->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
    perror("load: connect");
    exit(1);
  }
}

void ws_upgrade(struct ws *ws, uint16_t port, const char *path, const char *subprotocol) {
  char head[1024];
  int size = snprintf(head, sizeof head,
                      "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s%s\r\n",
                      path, port, subprotocol ? "Sec-WebSocket-Protocol: " : "", subprotocol ? subprotocol : "",
                      subprotocol ? "\r\n" : "");
  buffer_append(&ws->out, head, (size_t)size);
  ws->state = WS_UPGRADING;
}

bool ws_receive(struct ws *ws) {
  /* One read a turn: with level-triggered epoll the rest is reported again, and all sockets get their turn. */
  uint8_t *room = buffer_reserve(&ws->in, ws->in.capacity < READ_AT_ONCE ? 4096 : READ_AT_ONCE / 4);
  ssize_t got = recv(ws->fd, room, ws->in.capacity - ws->in.end, 0);
  if (got > 0) {
    bool filled = ws->in.end + (size_t)got == ws->in.capacity;
    ws->in.end += (size_t)got;
    ws->bytes_in += (uint64_t)got;
    /* A busy socket earns a larger buffer, so that it needs fewer reads. */
    if (filled && ws->in.capacity < READ_AT_ONCE) buffer_reserve(&ws->in, ws->in.capacity);
    return true;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  ws_shut(ws);
  return false;
}

bool ws_upgraded(struct ws *ws) {
  uint8_t *head = ws->in.bytes + ws->in.start;
  uint8_t *end = memmem(head, buffer_size(&ws->in), "\r\n\r\n", 4);
  if (end == NULL) return false;
  if (memcmp(head, "HTTP/1.1 101", 12) != 0) {
    fprintf(stderr, "load: the server didn't upgrade: %.*s\n", (int)(end - head), (const char *)head);
    exit(1);
  }
  buffer_take(&ws->in, (size_t)(end + 4 - head));
  ws->state = WS_OPEN;
  return true;
}

/* Length of the head of the frame at `at` and, in `size`, of its payload; 0 if it is not all there. */
static size_t frame_head(const uint8_t *at, size_t there, uint64_t *size) {
  if (there < 2) return 0;
  unsigned first = at[1] & 0x7fu;
  size_t head = first < 126 ? 2 : first == 126 ? 4 : 10;
  if (there < head) return 0;
  *size = first < 126 ? first : 0;
  for (size_t i = 2; i < head; i++) *size = *size << 8 | at[i];
  return head;
}

void ws_messages(struct ws *ws, ws_message deliver, void *owner) {
  uint64_t size;
  while (ws->state == WS_OPEN) {
    const uint8_t *at = ws->in.bytes + ws->in.start;
    size_t there = buffer_size(&ws->in), head = frame_head(at, there, &size);
    if (head == 0 || there - head < size) return;
    const uint8_t *payload = at + head;
    if (!(at[0] & 0x80u)) {
      fprintf(stderr, "load: fragmented messages are not read here\n");
      exit(1);
    }
    switch (at[0] & 0x0fu) {
      case WS_PING: ws_frame(ws, WS_PONG, payload, size); break;
      case WS_PONG: break;
      case WS_CLOSE:
        ws->close_code = size >= 2 ? (uint16_t)(payload[0] << 8 | payload[1]) : 1005;
        ws_shut(ws);
        return;
      default: deliver(owner, payload, size);
    }
    buffer_take(&ws->in, head + size);
  }
}

void ws_frame(struct ws *ws, enum ws_opcode opcode, const void *payload, size_t size) {
  static uint32_t seed = 0x9e3779b9u;
  seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
  uint8_t mask[4], *to = buffer_reserve(&ws->out, size + 14);
  const uint8_t *from = payload;
  size_t head = 2;
  memcpy(mask, &seed, 4);
  to[0] = (uint8_t)(0x80u | opcode);
  if (size < 126) {
    to[1] = (uint8_t)(0x80u | size);
  } else {
    size_t digits = size < 65536 ? 2 : 8;
    to[1] = (uint8_t)(0x80u | (digits == 2 ? 126 : 127));
    for (size_t i = 0; i < digits; i++) to[head++] = (uint8_t)(size >> 8 * (digits - 1 - i));
  }
  memcpy(to + head, mask, 4);
  head += 4;
  for (size_t i = 0; i < size; i++) to[head + i] = from[i] ^ mask[i & 3];
  ws->out.end += head + size;
}

bool ws_flush(struct ws *ws) {
  while (ws->state != WS_CLOSED && buffer_size(&ws->out) > 0) {
    ssize_t gone = send(ws->fd, ws->out.bytes + ws->out.start, buffer_size(&ws->out), MSG_NOSIGNAL);
    if (gone > 0) {
      buffer_take(&ws->out, (size_t)gone);
    } else if (errno == EAGAIN || errno == EINTR) {
      return false;
    } else {
      ws_shut(ws);
    }
  }
  return true;
}

void ws_shut(struct ws *ws) {
  if (ws->state == WS_CLOSED) return;
  close(ws->fd);
  ws->state = WS_CLOSED;
}
