/* attribute.h - what the compiler is told about our functions and variables. */
#ifndef STANCH_BASE_ATTRIBUTE_H
#define STANCH_BASE_ATTRIBUTE_H

/* The answer says whether it worked: not looking at it is a mistake. */
#define MUST_USE __attribute__((warn_unused_result))

/* Arguments are checked like printf's: format is number f, the first value number v. */
#define PRINTF_LIKE(f, v) __attribute__((format(printf, f, v)))

/* A local that frees itself: AUTO(tally) t = tally_new(); calls tally_free(t) at the end of its
 * block. */
#define AUTO(type) __attribute__((cleanup(type##_auto), unused)) struct type *

/* Defines what AUTO(type) needs, beside the declaration of type_free(). */
#define AUTO_FREE(type)                                                                            \
	static inline void type##_auto(struct type **p)                                            \
	{                                                                                          \
		type##_free(*p);                                                                   \
	}

#endif
