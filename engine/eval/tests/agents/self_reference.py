def f(*args):
    answer = []
    answer.append(answer)
    return answer
