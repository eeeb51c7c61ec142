/* Code in front of a program, so that everything behind it lies elsewhere. */
int unrelated_one(int number);
int unrelated_two(int number);

int unrelated_one(int number)
{
    return number * number + 12345;
}

int unrelated_two(int number)
{
    return unrelated_one(number) % 7 == 3 ? unrelated_one(number - 1) : number;
}
