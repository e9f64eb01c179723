/* effort.c - arithmetic of effort and work, and what to expect of luck. */
#include "pow/effort.h"

#include <math.h>

uint64_t op_effort_to_work(const struct op_suite *suite, uint64_t effort)
{
    uint64_t work;
    return __builtin_mul_overflow(effort, (uint64_t)suite->puzzles, &work) ? UINT64_MAX : work;
}

uint64_t op_effort_from_work(const struct op_suite *suite, uint64_t work)
{
    if (work == 0)
        return 1;
    return (work - 1) / suite->puzzles + 1;
}

double op_effort_to_seconds(const struct op_suite *suite, uint64_t effort)
{
    return (double)op_effort_to_work(suite, effort) / suite->reference_rate;
}

/* Standard normal quantile by Acklam's rational approximation, relative error below 1.2e-9. */
static double normal_quantile(double p)
{
    static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
                               -2.759285104469687e+02, 1.383577518672690e+02,
                               -3.066479806614716e+01, 2.506628277459239e+00};
    static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
                               -1.556989798598866e+02, 6.680131188771972e+01,
                               -1.328068155288572e+01, 1.0};
    static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
                               -2.400758277161838e+00, -2.549732539343734e+00,
                               4.374664141464968e+00,  2.938163982698783e+00};
    static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                               3.754408661907416e+00, 1.0};
    if (p > 0.97575)
        return -normal_quantile(1 - p);
    double num = 0, den = 0, x;
    if (p < 0.02425) {
        x = sqrt(-2 * log(p));
        for (int i = 0; i < 6; i++)
            num = num * x + c[i];
        for (int i = 0; i < 5; i++)
            den = den * x + d[i];
        return num / den;
    }
    x = p - 0.5;
    for (int i = 0; i < 6; i++)
        num = num * x * x + a[i];
    for (int i = 0; i < 6; i++)
        den = den * x * x + b[i];
    return num * x / den;
}

double op_effort_quantile(unsigned puzzles, uint64_t effort, double p)
{
    if (puzzles == 0)
        return 0;
    double m = puzzles;
    double cube = 1 - 1 / (9 * m) + normal_quantile(p) / (3 * sqrt(m));
    return cube > 0 ? (double)effort * m * cube * cube * cube : 0;
}
