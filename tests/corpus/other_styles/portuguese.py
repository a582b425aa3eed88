import numpy as np

def sigmoide(soma):
    return 1 / (1 + np.exp(-soma))

def sigmoide_derivada(sig):
    return sig * (1 - sig)

entradas = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
saidas = np.array([[0], [1], [1], [0]])

np.random.seed(4)
pesos0 = 2 * np.random.random((2, 3)) - 1
pesos1 = 2 * np.random.random((3, 1)) - 1

epocas = 5000
taxa_aprendizagem = 0.5
momento = 1

for j in range(epocas):
    camada_entrada = entradas
    soma_sinapse0 = np.dot(camada_entrada, pesos0)
    camada_oculta = sigmoide(soma_sinapse0)

    soma_sinapse1 = np.dot(camada_oculta, pesos1)
    camada_saida = sigmoide(soma_sinapse1)

    erro_camada_saida = saidas - camada_saida
    media_absoluta = np.mean(np.abs(erro_camada_saida))
    if j % 1000 == 0:
        print("Erro: " + str(media_absoluta))

    derivada_saida = sigmoide_derivada(camada_saida)
    delta_saida = erro_camada_saida * derivada_saida

    pesos1_transposta = pesos1.T
    delta_saida_x_peso = delta_saida.dot(pesos1_transposta)
    delta_camada_oculta = delta_saida_x_peso * sigmoide_derivada(soma_sinapse0)

    camada_oculta_transposta = camada_oculta.T
    pesos_novo1 = camada_oculta_transposta.dot(delta_saida)
    pesos1 = (pesos1 * momento) + (pesos_novo1 * taxa_aprendizagem)

    camada_entrada_transposta = camada_entrada.T
    pesos_novo0 = camada_entrada_transposta.dot(delta_camada_oculta)
    pesos0 = (pesos0 * momento) + (pesos_novo0 * taxa_aprendizagem)
