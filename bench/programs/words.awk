# Lists and maps of the words of a text of lines "NUMBER WORD NUMBER".
{
    lines_of[$2] = lines_of[$2] " " $3
    count[$1]++
    key = substr($0, 3) $2
    first[key] = $1
}
END {
    letters = 0
    for (word in lines_of)
        letters += length(lines_of[word])
    print letters, length(count), length(first)
}
