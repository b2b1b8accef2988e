module github.com/remotemedia/remotemedia/bindings/go

go 1.24
