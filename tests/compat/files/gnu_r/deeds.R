# Matrices by BLAS and LAPACK, models, packages with C, C++ and Fortran inside, what R makes and releases for C, plots,
# children. Each number printed is rounded.
set.seed(3)
say <- function(...) cat(..., "\n")
m <- matrix(rnorm(40000), 200)
say(round(sum(solve(crossprod(m) + diag(200))), 6), round(svd(m)$d[1:3], 6), round(Mod(eigen(m[1:60, 1:60])$values[1:3]), 6))

d <- data.frame(g = rep(letters[1:5], 2000), x = rnorm(10000))
print(aggregate(x ~ g, d, mean))
print(summary(lm(x ~ g, d)))
words <- vapply(1:20000, function(n) paste0("w", n * 7 %% 1000), "")
print(head(sort(table(words), decreasing = TRUE), 3))
print(regmatches("a1b22", gregexpr("[0-9]+", "a1b22", perl = TRUE)))
print(tryCatch(stop("on purpose"), error = conditionMessage))

suppressPackageStartupMessages(for (name in c("MASS", "Matrix", "lattice", "survival", "mgcv", "nlme"))
    say(name, require(name, character.only = TRUE, quietly = TRUE)))
s <- rsparsematrix(500, 500, 0.02)
say(round(sum(solve(s + Diagonal(500) * 5)), 5))
print(round(coef(rlm(stack.loss ~ ., stackloss)), 4))
print(round(coef(gam(x ~ s(as.numeric(factor(g)), k = 4), data = d)), 4))
print(round(coef(survreg(Surv(time, status) ~ age, lung)), 4))

pdf("plot.pdf")
plot(d$x[1:100])
print(xyplot(x ~ 1:100, d[1:100, ]))
invisible(dev.off())
say(file.exists("plot.pdf"))

invisible(for (n in 1:5) { gctorture2(50, inhibit_release = TRUE); x <- lapply(1:50, function(i) list(i)); gctorture(FALSE) })
for (n in 1:200) { e <- new.env(); reg.finalizer(e, function(e) NULL, onexit = n %% 2 == 0); rm(e) }
invisible(gc())
print(round(unlist(parallel::mclapply(1:4, function(n) sum(sqrt(1:(n * 100000))), mc.cores = 2)), 3))
say(system("echo a child", intern = TRUE), system("exit 3"))
print(read.csv(textConnection("a,b\n1,2\n")))
z <- memDecompress(memCompress(charToRaw(strrep("again ", 5000)), "xz"), "xz")
say(length(z), rawToChar(z[1:6]))
quit(status = 5)
