#!/usr/bin/env python3
"""Makes small imitations of data sets that people train on: their layout and oddities, with numbers of our own.

Each has a rule that can be learned, so that a test can tell whether the file was understood. Run it in this folder; it
writes the files that stand beside it."""
import random

CHANCE = random.Random(20261129)
NOISE = 0.05  # share of the labels that are drawn


def save(name, lines, end="\n"):
    with open(name, "w", encoding="utf-8", newline="") as file:
        file.write("".join(line + end for line in lines))


def maybe(answer, other):
    return other if CHANCE.random() < NOISE else answer


def adult():
    """No header, a blank behind each comma, ? for a missing text, an identifier-like weight."""
    for _ in range(150):
        age, years, hours = CHANCE.randint(17, 80), CHANCE.randint(1, 16), CHANCE.choice([20, 40, 40, 40, 50, 60])
        married = CHANCE.random() < 0.5
        rich = maybe(years + hours / 10 + 4 * married > 16, CHANCE.random() < 0.5)
        yield ", ".join(map(str, (
            age, CHANCE.choice(["Private", "Private", "State-gov", "Self-emp-not-inc", "?"]), CHANCE.randint(20000, 400000),
            ["HS-grad", "Some-college", "Bachelors", "Masters"][min(3, years // 5)], years,
            "Married-civ-spouse" if married else CHANCE.choice(["Never-married", "Divorced"]),
            CHANCE.choice(["Tech-support", "Craft-repair", "Sales", "?"]), CHANCE.choice(["Male", "Female"]),
            0 if CHANCE.random() < 0.9 else 7298, hours, CHANCE.choice(["United-States", "United-States", "Mexico", "?"]),
            ">50K" if rich else "<=50K")))


def wine_quality():
    """Semicolons, a header in quotes, grades 4 to 7 that are numbers."""
    names = ("fixed acidity", "volatile acidity", "residual sugar", "pH", "alcohol", "quality")
    yield ";".join(f'"{name}"' for name in names)
    for _ in range(150):
        acid, volatile, sugar = CHANCE.uniform(4, 14), CHANCE.uniform(0.1, 1.2), CHANCE.expovariate(0.4)
        alcohol = CHANCE.uniform(8.5, 14)
        quality = max(4, min(7, round(5.5 + (alcohol - 11) / 1.5 - 1.5 * (volatile - 0.6) + CHANCE.gauss(0, 0.1))))
        yield f"{acid:.1f};{volatile:.2f};{sugar:.1f};{CHANCE.uniform(2.9, 3.7):.2f};{alcohol:.1f};{quality}"


def air_quality():
    """Semicolons, decimal commas, a date and a time, -200 for a missing value, two empty columns at the end."""
    yield "Date;Time;CO(GT);PT08.S1(CO);NMHC(GT);T;RH;C6H6(GT);;"
    for i in range(150):
        warm, damp = CHANCE.uniform(0, 35), CHANCE.uniform(10, 90)
        sensor = CHANCE.uniform(700, 1800)
        oxide = CHANCE.choice([-200, round(sensor / 500 + CHANCE.gauss(0, 0.1), 1)])
        benzene = (sensor - 600) / 60 + warm / 20
        numbers = (f"{oxide}", f"{sensor:.0f}", "-200", f"{warm:.1f}", f"{damp:.1f}", f"{benzene:.1f}")
        when = f"{10 + i // 24:02d}/03/2004", f"{i % 24:02d}.00.00"
        yield ";".join([*when, *(number.replace(".", ",") for number in numbers), "", ""])


def covertype():
    """No header, whole numbers, groups of columns of 0 and 1, classes 1 to 4 in the last column."""
    for _ in range(160):
        height, slope = CHANCE.randint(1900, 3800), CHANCE.randint(0, 50)
        area, soil = CHANCE.randrange(4), CHANCE.randrange(8)
        kind = maybe(1 + min(3, (height - 1900) // 500), CHANCE.randint(1, 4))
        yield ",".join(map(str, [height, CHANCE.randint(0, 360), slope, CHANCE.randint(0, 1300),
                                 *(int(area == i) for i in range(4)), *(int(soil == i) for i in range(8)), kind]))


def titanic():
    """Names in quotes with commas in them, tickets and cabins that identify rows, missing ages, the target in column 2."""
    yield "PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked"
    for i in range(1, 161):
        sex, grade = CHANCE.choice(["male", "female"]), CHANCE.choice([1, 2, 3, 3])
        alive = maybe(sex == "female" and grade < 3 or sex == "male" and grade == 1, CHANCE.random() < 0.5)
        age = "" if CHANCE.random() < 0.2 else f"{CHANCE.uniform(1, 70):.0f}"
        ticket = CHANCE.choice([f"A/5 {CHANCE.randint(1000, 99999)}", f"{CHANCE.randint(100000, 399999)}"])
        cabin = f"C{CHANCE.randint(1, 130)}" if grade == 1 and CHANCE.random() < 0.7 else ""
        title = "Mr." if sex == "male" else CHANCE.choice(["Mrs.", "Miss."])
        yield (f'{i},{int(alive)},{grade},"Family{i}, {title} Given {i}",{sex},{age},{CHANCE.randint(0, 3)},'
               f'{CHANCE.randint(0, 2)},{ticket},{CHANCE.uniform(7, 90) / grade:.4f},{cabin},'
               f'{CHANCE.choice(["S", "S", "C", "Q"])}')


def breast_cancer_wisconsin():
    """No header, an identifier first, grades 1 to 10, ? for a missing one, classes 2 and 4."""
    for _ in range(150):
        bad = CHANCE.random() < 0.4
        grades = [max(1, min(10, round(CHANCE.gauss(7 if bad else 2, 1.5)))) for _ in range(9)]
        if CHANCE.random() < 0.05:
            grades[5] = "?"
        yield ",".join(map(str, [CHANCE.randint(61634, 13454352), *grades, 4 if bad else 2]))


def digit(kind):
    """28 x 28 pixels: a bar whose place and direction tell the digit."""
    place = 4 + 4 * (kind % 5)
    image = [[0] * 28 for _ in range(28)]
    for along in range(5, 23):
        for across in range(place, place + 3):
            row, column = (along, across) if kind < 5 else (across, along)
            image[row][column] = CHANCE.randint(150, 255)
    return [pixel for row in image for pixel in row]


def mnist():
    """Images as rows of 784 numbers below a header, the label first."""
    yield ",".join(["label", *(f"pixel{i}" for i in range(784))])
    for i in range(40):
        yield ",".join(map(str, [i % 10, *digit(i % 10)]))


def emnist():
    """The same without a header; the labels begin at 1."""
    for i in range(40):
        yield ",".join(map(str, [i % 10 + 1, *digit(i % 10)]))


def higgs():
    """No header, everything as 1.000000000000000000e+00, the label first."""
    for _ in range(200):
        features = [CHANCE.gauss(0, 1) for _ in range(12)]
        label = maybe(float(features[0] + features[3] - features[5] > 0), float(CHANCE.random() < 0.5))
        yield ",".join(f"{value:.18e}" for value in [label, *features])


def housing():
    """Columns of fixed width with blanks between them, no header, the price last."""
    for _ in range(150):
        crime, rooms, age, tax = CHANCE.expovariate(0.3), CHANCE.gauss(6.3, 0.7), CHANCE.uniform(5, 100), CHANCE.randint(190, 711)
        price = max(5.0, 9 * (rooms - 4) - 0.6 * crime + CHANCE.gauss(0, 1))
        zone, river = CHANCE.choice([0, 0, 12.5, 25]), CHANCE.randint(0, 1)
        yield f" {crime:8.5f} {zone:6.2f} {river:2d} {rooms:7.4f} {age:6.2f} {tax:5d}.0 {price:6.2f}"


def auto_mpg():
    """Blanks, a tab before the name in quotes, ? for a missing number, the target first."""
    for i in range(150):
        cylinders, weight = CHANCE.choice([4, 4, 6, 8]), CHANCE.randint(1800, 4800)
        power = "?" if CHANCE.random() < 0.04 else f"{weight / 30 + 4 * cylinders:.1f}"
        mpg = 46 - weight / 150 - cylinders / 2 + CHANCE.gauss(0, 0.7)
        yield (f"{mpg:.1f}   {cylinders}   {CHANCE.uniform(70, 400):5.1f}      {power:5s}      {weight}.      "
               f"{CHANCE.uniform(9, 24):.1f}   {CHANCE.randint(70, 82)}  {CHANCE.randint(1, 3)}\t\"maker model {i}\"")


def bank_marketing():
    """Semicolons, texts in quotes, unknown as a category of its own, yes or no as the target."""
    yield '"age";"job";"marital";"education";"default";"balance";"housing";"loan";"duration";"y"'
    for _ in range(160):
        duration, housing = CHANCE.randint(10, 900), CHANCE.choice(["yes", "no"])
        bought = maybe("yes" if duration > 400 and housing == "no" or duration > 650 else "no", CHANCE.choice(["yes", "no"]))
        yield ";".join([f"{CHANCE.randint(18, 90)}", *(f'"{word}"' for word in (
            CHANCE.choice(["admin.", "technician", "services", "retired", "unknown"]),
            CHANCE.choice(["married", "single", "divorced"]), CHANCE.choice(["primary", "secondary", "tertiary", "unknown"]),
            CHANCE.choice(["no", "no", "no", "yes"]))), f"{CHANCE.randint(-300, 5000)}", f'"{housing}"',
            f'"{CHANCE.choice(["yes", "no"])}"', f"{duration}", f'"{bought}"'])


def main():
    for name, lines, end in (("adult.data", adult, "\n"), ("winequality.csv", wine_quality, "\n"),
                             ("AirQualityUCI.csv", air_quality, "\r\n"), ("covtype.data", covertype, "\n"),
                             ("titanic.csv", titanic, "\r\n"), ("breast-cancer-wisconsin.data", breast_cancer_wisconsin, "\n"),
                             ("mnist_train.csv", mnist, "\n"), ("emnist-letters-train.csv", emnist, "\n"),
                             ("HIGGS.csv", higgs, "\n"), ("housing.data", housing, "\n"), ("auto-mpg.data", auto_mpg, "\n"),
                             ("bank.csv", bank_marketing, "\r\n")):
        save(name, lines(), end)


if __name__ == "__main__":
    main()
