/* clock.h - what time it is, for those who may ask: below the programs and what talks to other
 * systems, time is an argument. */
#ifndef STANCH_BASE_CLOCK_H
#define STANCH_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds of a clock that nobody sets: for how long something takes. */
int64_t clock_now_ms(void);

/* Microseconds since 1970. */
int64_t clock_now_us(void);

#endif
