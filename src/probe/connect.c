/* connect: see address_connect in kinglet/address.h. */
#include "kinglet/address.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int address_connect(const struct address *address, uint16_t port, int type, int *fd)
{
    union {
        struct sockaddr any;
        unsigned char in[28]; /* sockaddr_in, sockaddr_in6: family, port, ... in network order */
    } to;

    memset(&to, 0, sizeof to);
    to.any.sa_family = address->v6 ? AF_INET6 : AF_INET;
    to.in[2] = (unsigned char)(port >> 8);
    to.in[3] = (unsigned char)port;
    memcpy(to.in + (address->v6 ? 8 : 4), address->bytes, address->v6 ? 16 : 4);
    *fd = socket(to.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return errno;
    return connect(*fd, &to.any, address->v6 ? 28 : 16) == 0 ? 0 : errno;
}
