#mtree
./{{name}} type=file mode=0555 uid=0 gid=0
